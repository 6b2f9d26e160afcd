/**
 * jest's environment, which is the worker's own. jest would make a realm for each suite, in which V8 begins anew with all
 * that suites share: it has not run yet, so it is slow. The console, the environment, the folder and the exit of the process
 * are put back when a suite ends.
 */
import { setFlagsFromString } from 'node:v8'

// Most suites end before what Node 20 optimises in them pays; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

const noMocks = { clearAllMocks() {}, resetAllMocks() {}, restoreAllMocks() {} }

const setEnvironment = (variables) => {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name]
  for (const [name, value] of Object.entries(variables))
    if (process.env[name] !== value) process.env[name] = value
}

export default class WorkerRealm {
  global = globalThis
  moduleMocker = noMocks
  fakeTimers = null
  fakeTimersModern = null
  #before = {
    console: globalThis.console,
    exit: process.exit,
    exitCode: process.exitCode,
    folder: process.cwd(),
    variables: { ...process.env },
  }

  async setup() {}

  async teardown() {
    const { console, exit, exitCode, folder, variables } = this.#before
    globalThis.console = console
    process.exit = exit
    process.exitCode = exitCode
    if (process.cwd() !== folder) process.chdir(folder)
    setEnvironment(variables)
  }

  exportConditions() {
    return ['node', 'node-addons']
  }

  // jest compiles nothing here: see run-suite.js.
  getVmContext() {
    return null
  }
}
