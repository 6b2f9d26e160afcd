/**
 * Runs one suite with jest-circus. Node loads the bundled suite (bundle-suites.js) as any module. So the suites of a
 * worker share imported modules, and V8's knowledge of them.
 */
import asyncHooks from 'node:async_hooks'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import circus from 'jest-circus/runner'
import { madeOf } from './suites-folder.js'

const require = createRequire(import.meta.url)

const { AsyncLocalStorage } = asyncHooks
/** From Node 24 on this is a getter that cannot be replaced. There a storage does not slow promises down. */
const mayBeReplaced = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage')?.writable === true
const storages = new Set()

class StorageOfSuite extends AsyncLocalStorage {
  constructor() {
    super()
    storages.add(this)
  }
}

/**
 * Loads jest-circus again for each suite, because it holds the tests of one suite. It keeps the running test in an
 * AsyncLocalStorage, which Node passes on to each new promise. Node continues with that after the suite, so after 100
 * suites a promise took 50 times as long as in the first.
 */
const loadAnew = (path) => {
  delete require.cache[path]
  if (!mayBeReplaced) return require(path)
  asyncHooks.AsyncLocalStorage = StorageOfSuite
  try {
    return require(path)
  } finally {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage
  }
}

const forgetStorages = () => {
  for (const storage of storages) storage.disable()
  storages.clear()
}

let suitesRun = 0

/** In jest's watch mode a suite runs again as it was bundled at the start. */
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

/** The handlers that all copies of jest-circus share. */
const handlers = Symbol.for('EVENT_HANDLERS')

/** The symbols of global values that belong to one suite: its tests, and what these refer to. */
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
    forgetStorages()
    for (const symbol of ofOneSuite()) if (!before.includes(symbol)) delete globalThis[symbol]
  }
}
