/** Registers the matchers with Jest: `import '@portolan/testing/jest'` in a test, or in `setupFilesAfterEnv`. */
import { expect } from '@jest/globals'
import { type PortolanMatchers, portolanMatchers } from './matchers/portolan-matchers.ts'

declare module 'expect' {
  // Declared as Jest's documentation says (expect.extend, TypeScript), so that the two are merged.
  interface Matchers<R> extends PortolanMatchers<R> {}
}

expect.extend({ ...portolanMatchers })
