// Serves calls of the plugins of CNI and Podman in one process, as a process that a watch starts does
// (packages/cni/src/start/serve-plugins.ts). A message is a call of the engine, and the answer is the plugin's output.
// Argument: the file of the bundle.
const { setFlagsFromString } = require('node:v8')
const { loadScript } = require('../../../dist/library/loader.cjs')

// The same flags as the plugin itself.
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
  // Kept after some calls: V8 has compiled only the functions that were called.
  if (callsServed === 3) plugins.keep()
})
process.on('disconnect', () => process.exit())
