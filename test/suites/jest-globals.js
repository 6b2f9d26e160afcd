/**
 * What suites import as '@jest/globals' (bundle-suites.js). jest makes these anew for each suite, and modules that suites
 * share are loaded once.
 */
const ofThisSuite = (name) =>
  new Proxy(() => {}, {
    apply: (_, _receiver, words) => globalThis[name](...words),
    get: (_, key) => globalThis[name][key],
  })

export const afterAll = ofThisSuite('afterAll')
export const afterEach = ofThisSuite('afterEach')
export const beforeAll = ofThisSuite('beforeAll')
export const beforeEach = ofThisSuite('beforeEach')
export const describe = ofThisSuite('describe')
export const expect = ofThisSuite('expect')
export const test = ofThisSuite('test')
