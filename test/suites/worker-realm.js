/**
 * jest's environment, which is the worker's own. jest would make a realm for each suite, in which V8 begins anew with all
 * that suites share: it has not run yet, so it is slow. The console, the environment, the folder and the exit of the process
 * are put back when a suite ends.
 */
import { setFlagsFromString } from 'node:v8'
import './stats-of-pipes.js'

// Most suites end before what Node 20 optimises in them pays; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

const noMocks = { clearAllMocks() {}, resetAllMocks() {}, restoreAllMocks() {} }

const setEnvironment = (variables) => {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name]
  for (const [name, value] of Object.entries(variables))
    if (process.env[name] !== value) process.env[name] = value
}

/** What test/lab/waiting.ts has. */
const waiting = Symbol.for('portolan.waiting')

const isLimit = (error) => typeof error === 'string' && error.startsWith('Exceeded timeout')

/** What is awaited now, a line each; what it shows may have to be asked of something that hangs. */
const awaited = () =>
  Promise.all(
    [...(globalThis[waiting] ?? [])].map(async (one) => {
      const late = new Promise((resolve) => setTimeout(resolve, 2000, 'no answer'))
      const asked = Promise.resolve()
        .then(() => one.shows?.())
        .catch(String)
      const there = await Promise.race([asked, late])
      return `It waits for ${one.what()}${there === undefined || there === '' ? '' : `; there is: ${JSON.stringify(there)}`}`
    }),
  )

/** jest-circus keeps errors as pairs, and has put this one there. */
const tellMore = (pairs, error, lines) => {
  const pair = pairs.findLast(([told]) => told === error)
  if (pair !== undefined) pair[0] = [pair[0], ...lines].join('\n')
}

const testsOf = (block) =>
  block.children.flatMap((child) => (child.type === 'describeBlock' ? testsOf(child) : [child]))

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

  /** A test that runs into its limit says what it waits for. */
  async handleTestEvent(event, { unhandledErrors }) {
    const { name, error, test, describeBlock } = event
    if (!['test_fn_failure', 'hook_failure'].includes(name) || !isLimit(error)) return
    const lines = await awaited()
    const places = test ? [test] : testsOf(describeBlock)
    for (const pairs of [unhandledErrors, ...places.map(({ errors }) => errors)])
      tellMore(pairs, error, lines)
  }

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
