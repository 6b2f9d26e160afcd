// Runs small modules that use the library, one after the other, in one process. A message is the text of a module, and
// the answer is its output.
import { keep } from '../library/load.mjs'
import answerMessages from './answer-messages.cjs'

// Node writes warnings past `process.stderr.write`, where a test would not see them.
process.on('warning', (warning) => process.stderr.write(`${warning.stack ?? warning}\n`))

answerMessages(async ({ code }, modulesRun) => {
  // Node runs each module URL only once, so the text gets a number.
  await import(`data:text/javascript,${encodeURIComponent(`${code}\n// ${modulesRun}`)}`)
  // Kept after some modules have run: V8 has compiled only the functions that were called.
  if (modulesRun === 3) keep()
})
