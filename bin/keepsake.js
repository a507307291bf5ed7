#!/usr/bin/env node
// Starts the command line with Node 24 or newer: this one, or the one that npm installed beside the code.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
if (Number.parseInt(process.versions.node, 10) >= 24) await import(main)
else if (existsSync(own)) {
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
} else {
  console.error(`Keepsake needs Node 24 or newer; this is ${process.version}. Run "npm ci" in its folder, or install Node 24.`)
  process.exit(1)
}
