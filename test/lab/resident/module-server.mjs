// Runs small modules that use the library, one after the other, in one process: their texts come as messages, and what each
// printed goes back.
import { keep } from '../library/load.mjs'

const printed = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr']) {
  process[name].write = (text, encoding, done) => {
    printed[name] += text
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) process.nextTick(callback)
    return true
  }
}

// Node writes them past both streams, where a test would not see them.
process.on('warning', (warning) => process.stderr.write(`${warning.stack ?? warning}\n`))

let isRunning = false
let modulesRun = 0
process.on('message', async ({ code }) => {
  // Until the module is done, the channel keeps nothing alive.
  process.channel.unref()
  isRunning = true
  modulesRun += 1
  process.exitCode = undefined
  try {
    // Node runs a module once: each has an address of its own.
    await import(`data:text/javascript,${encodeURIComponent(`${code}\n// ${modulesRun}`)}`)
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`)
    process.exitCode = 1
  }
  // Once it has run some: what was not called is not compiled.
  if (modulesRun === 3) keep()
})
// Where a process of its own would end: what a module leaves open would keep that alive, and keeps its answer here.
process.on('beforeExit', (exitCode) => {
  if (!isRunning) return
  isRunning = false
  process.send({ exitCode, ...printed })
  printed.stdout = ''
  printed.stderr = ''
  process.channel.ref()
})
process.on('disconnect', () => process.exit())
