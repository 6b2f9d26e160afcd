/**
 * jest's runner of one suite: jest-circus, which takes what was made of the suite (bundle-suites.js) as Node loads any
 * module. So suites of a worker share the modules that they import, and what V8 knows of these.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import circus from 'jest-circus/runner'
import { madeOf } from './suites-folder.js'

const require = createRequire(import.meta.url)

/** jest-circus has the tests of one suite: it is loaded anew for each. */
const loadAnew = (path) => {
  delete require.cache[path]
  return require(path)
}

let suitesRun = 0

/** Where jest watches, a suite runs again as it was made at the start. */
const load = (path) => {
  suitesRun += 1
  return import(`${pathToFileURL(madeOf(path))}?${suitesRun}`)
}

const asNodeLoads = {
  requireInternalModule: loadAnew,
  requireModule: require,
  setGlobalsForRuntime() {},
  unstable_shouldLoadAsEsm: () => true,
  unstable_importModule: load,
}

/** What jest-circus keeps for all of its copies. */
const handlers = Symbol.for('EVENT_HANDLERS')

/** The symbols under which the realm has what is of one suite: its tests, and what these hold. */
const ofOneSuite = () =>
  Object.getOwnPropertySymbols(globalThis).filter(
    (symbol) => symbol === handlers || Symbol.keyFor(symbol) === undefined,
  )

export default async (globalConfig, config, environment, runtime, path, sendMessageToJest) => {
  const native = new Proxy(runtime, {
    get: (target, name) => {
      if (name in asNodeLoads) return asNodeLoads[name]
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const before = ofOneSuite()
  try {
    return await circus.default(globalConfig, config, environment, native, path, sendMessageToJest)
  } finally {
    for (const symbol of ofOneSuite()) if (!before.includes(symbol)) delete globalThis[symbol]
  }
}
