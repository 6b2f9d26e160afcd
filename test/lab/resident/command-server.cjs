// Runs command lines of the built command, one after the other, in one process: their words come as messages, and what
// each printed goes back. Argument: the file of the bundle that has `run`.
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { createRequire, Module } = require('node:module')
const { basename, dirname, join } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const file = process.argv[2]

// A lab lives for a few command lines. What Node 20 optimises in them costs more than it saves; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

/** As the command loads itself: with what V8 compiled of it in a lab before. */
const compiled = join(
  dirname(file),
  '../compiled',
  `${basename(file, '.cjs')}.resident.${process.versions.v8}-${process.arch}`,
)
const readCompiled = () => {
  try {
    return readFileSync(compiled)
  } catch {
    return undefined
  }
}
const cachedData = readCompiled()
const script = new Script(Module.wrap(readFileSync(file, 'latin1')), {
  filename: file,
  ...(cachedData === undefined ? {} : { cachedData }),
})
const commands = { exports: {} }
script.runInThisContext()(commands.exports, createRequire(file), commands, file, dirname(file))
const { run } = commands.exports

/** Once it has run some: what was not called is not compiled. */
const keepCompiled = () => {
  const unfinished = `${compiled}.${process.pid}`
  mkdirSync(dirname(compiled), { recursive: true, mode: 0o755 })
  writeFileSync(unfinished, script.createCachedData(), { mode: 0o644, flush: true })
  renameSync(unfinished, compiled)
}

const printed = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr']) {
  // Each command line listens for errors of its streams.
  process[name].setMaxListeners(0)
  process[name].write = (text, encoding, done) => {
    printed[name] += text
    const callback = typeof encoding === 'function' ? encoding : done
    if (callback !== undefined) process.nextTick(callback)
    return true
  }
}

let linesRun = 0
process.on('message', async (words) => {
  process.exitCode = undefined
  const exitCode = await run(words)
  process.send({ exitCode, ...printed })
  printed.stdout = ''
  printed.stderr = ''
  linesRun += 1
  if (linesRun === 3 && cachedData === undefined) keepCompiled()
})
process.on('disconnect', () => process.exit())
