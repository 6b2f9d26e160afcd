/**
 * jest's runner of one suite: jest-circus, which takes what was made of the suite (bundle-suites.js) as Node loads any
 * module. So suites of a worker share the modules that they import, and what V8 knows of these.
 */
import asyncHooks from 'node:async_hooks'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import circus from 'jest-circus/runner'
import { madeOf } from './suites-folder.js'

const require = createRequire(import.meta.url)

const { AsyncLocalStorage } = asyncHooks
/** From Node 24 on there is only a getter: a storage of these is no part of what a promise costs. */
const mayBeReplaced = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage')?.writable === true
const storages = new Set()

class StorageOfSuite extends AsyncLocalStorage {
  constructor() {
    super()
    storages.add(this)
  }
}

/**
 * jest-circus has the tests of one suite: it is loaded anew for each. It keeps which test is running in a storage that Node
 * hands on to each promise that is made. Node goes on with that when the suite has ended, so after 100 suites a promise took
 * 50 times what it takes in the first.
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
    forgetStorages()
    for (const symbol of ofOneSuite()) if (!before.includes(symbol)) delete globalThis[symbol]
  }
}
