import { afterAll } from '@jest/globals'
import { type LabPool, type LabPoolOptions, labPool } from './lab-pool.ts'

/** A pool for the tests of the file that calls this, which ends with them. */
export const suiteLabs = (options: LabPoolOptions = {}): LabPool => {
  const labs = labPool(options)
  afterAll(() => labs[Symbol.asyncDispose]())
  return labs
}
