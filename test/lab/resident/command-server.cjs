// Runs command lines of the built command, one after the other, in one process: their words come as messages, and what
// each printed goes back. Argument: the file of the bundle that has `run`.
const { setFlagsFromString } = require('node:v8')

// A lab lives for a few command lines. What Node 20 optimises in them costs more than it saves; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

// As the command loads itself: with what V8 compiled of it in a lab before.
const loading = import('../../../packages/host/dist/file/index.js').then(({ loadScript }) =>
  loadScript(process.argv[2], 'resident'),
)

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

let isRunning = false
let linesRun = 0
process.on('message', async (words) => {
  // Until the command line is done, the channel keeps nothing alive.
  process.channel.unref()
  isRunning = true
  const commands = await loading
  process.exitCode = undefined
  process.exitCode = await commands.exports.run(words)
  linesRun += 1
  // Once it has run some: what was not called is not compiled.
  if (linesRun === 3) commands.keep()
})
// Where a process of its own would end: what a command line leaves open would keep that alive, and keeps its answer here.
process.on('beforeExit', (exitCode) => {
  if (!isRunning) return
  isRunning = false
  process.send({ exitCode, ...printed })
  printed.stdout = ''
  printed.stderr = ''
  process.channel.ref()
})
process.on('disconnect', () => process.exit())
