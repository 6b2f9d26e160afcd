import { serveCalls } from '@portolan/host/handover'
import { homes, placeOf, servePlugin } from './plugin-call.ts'
import { loadPlugins } from './plugins-file.ts'

/** Serves calls that plugins hand over to a watch. The watch has started this process. */
const loaded = loadPlugins('serve')

serveCalls(async (call) => {
  if (placeOf(call) !== call.place) return null
  // Calls are served one at a time, so changing the environment is safe.
  for (const name of homes) {
    const value = call.environment[name]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  const answer = await servePlugin(loaded.exports, call)
  if (answer.exitCode === 0) loaded.keep()
  return answer
})
