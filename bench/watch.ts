/** Measures a Node program from within, once its modules are loaded, and prints that as its result. */

/** Begins to measure; the answer ends it and prints seconds of wall and processor time (all threads) beside `facts`. */
export function watch(): (facts: object) => void {
  const began = performance.now()
  const before = process.cpuUsage()
  return (facts) => {
    const { user, system } = process.cpuUsage(before)
    console.log(JSON.stringify({ ...facts, wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 }))
  }
}
