// Runs small modules that use the library, one after the other, in one process: their texts come as messages, and what each
// printed goes back.
import { keep } from '../library/load.mjs'
import answerMessages from './answer-messages.cjs'

// Node writes them past both streams, where a test would not see them.
process.on('warning', (warning) => process.stderr.write(`${warning.stack ?? warning}\n`))

answerMessages(async ({ code }, modulesRun) => {
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
