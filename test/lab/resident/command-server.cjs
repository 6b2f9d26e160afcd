// Runs command lines of the built command, one after the other, in one process. A message is the words of a command
// line, and the answer is its output. Argument: the file of the bundle that has `run`.
const { setFlagsFromString } = require('node:v8')
const { loadScript } = require('../../../dist/library/loader.cjs')
const answerMessages = require('./answer-messages.cjs')

// Node 20 optimises code too early for the some hundred command lines that run here. The command itself, which runs one
// line, sets a still higher budget.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=400000')

// Loads the command as it loads itself, with V8's compiled code from an earlier lab.
const commands = loadScript(process.argv[2], 'resident')

answerMessages(async (words, linesRun) => {
  process.exitCode = await commands.exports.run(words)
  // Kept after some command lines: V8 has compiled only the functions that were called.
  if (linesRun === 3) commands.keep()
})
