// Serves calls of the plugins of CNI and Podman in one process, as one that a watch starts does (packages/cni/src/start/serve-plugins.ts):
// what the engine says comes as a message, and what the plugin would print goes back. Argument: the file of the bundle.
const { setFlagsFromString } = require('node:v8')
const { loadScript } = require('../../../dist/library/loader.cjs')

// As the plugin itself.
if (process.version.startsWith('v20.'))
  setFlagsFromString('--interrupt-budget=1000000 --semi-space-growth-factor=16')

const plugins = loadScript(process.argv[2], 'resident')

let callsServed = 0
process.on('message', async (call) => {
  const isPodman = call.arguments !== undefined
  let stderr = ''
  const warn = (text) => {
    stderr += `portolan-${isPodman ? 'netavark' : 'cni'}: ${text}\n`
  }
  const serve = isPodman ? plugins.exports.runNetavark : plugins.exports.runCni
  const { exitCode, stdout } = await serve({ ...call, warn })
  process.send({ exitCode, stdout, stderr })
  callsServed += 1
  // Once it has served some: what was not called is not compiled.
  if (callsServed === 3) plugins.keep()
})
process.on('disconnect', () => process.exit())
