/**
 * A jest environment that uses the worker's own realm. jest would make a new realm for each suite. There V8 begins anew
 * with all shared modules, which is slow. The console, the environment variables, the folder and process.exit are
 * restored at the end of a suite.
 */
import { setFlagsFromString } from 'node:v8'
import './stats-of-pipes.js'

// Node 20 optimises code too early for most suites, which end before it pays; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

const noMocks = { clearAllMocks() {}, resetAllMocks() {}, restoreAllMocks() {} }

const setEnvironment = (variables) => {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name]
  for (const [name, value] of Object.entries(variables))
    if (process.env[name] !== value) process.env[name] = value
}

/** The key under which test/lab/waiting.ts keeps its set. */
const waiting = Symbol.for('portolan.waiting')

const isLimit = (error) => typeof error === 'string' && error.startsWith('Exceeded timeout')

/** The present waits, one a line. `shows` may itself hang, so it has a time limit. */
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

/** Adds lines to an error in jest-circus's list of pairs. */
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

  /** Adds the present waits to the error of a test that exceeds its time limit. */
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
