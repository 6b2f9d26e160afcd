import { expectOne } from './one-matcher.js'

/**
 * The module that suites import as '@jest/globals' (bundle-suites.js). jest makes these functions for each suite anew,
 * but shared modules are loaded only once. So each function here calls the present suite's one.
 */
const ofThisSuite = (name, call = (...words) => globalThis[name](...words)) =>
  new Proxy(() => {}, {
    apply: (_, _receiver, words) => call(...words),
    get: (_, key) => globalThis[name][key],
  })

export const afterAll = ofThisSuite('afterAll')
export const afterEach = ofThisSuite('afterEach')
export const beforeAll = ofThisSuite('beforeAll')
export const beforeEach = ofThisSuite('beforeEach')
export const describe = ofThisSuite('describe')
export const expect = ofThisSuite('expect', expectOne)
export const test = ofThisSuite('test')
