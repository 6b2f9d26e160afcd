// Runs command lines of the built command, one after the other, in one process: their words come as messages, and what
// each printed goes back. Argument: the file of the bundle that has `run`.
const { setFlagsFromString } = require('node:v8')
const { loadScript } = require('../../../dist/library/loader.cjs')
const answerMessages = require('./answer-messages.cjs')

// A process here runs some hundred command lines: fewer than what Node 20 optimises by itself pays for, and more than a
// command has alone, which sets this higher.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=400000')

// As the command loads itself: with what V8 compiled of it in a lab before.
const commands = loadScript(process.argv[2], 'resident')

// Each command line listens for errors of its streams.
for (const name of ['stdout', 'stderr']) process[name].setMaxListeners(0)

answerMessages(async (words, linesRun) => {
  process.exitCode = await commands.exports.run(words)
  // Once it has run some: what was not called is not compiled.
  if (linesRun === 3) commands.keep()
})
