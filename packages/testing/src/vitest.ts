/** Registers the matchers with Vitest: `import '@portolan/testing/vitest'` in a test, or in `setupFiles`. */
import { expect } from 'vitest'
import { type PortolanMatchers, portolanMatchers } from './matchers/portolan-matchers.ts'

declare module 'vitest' {
  // Declared as Vitest's documentation says (Extending Matchers), so that the two are merged.
  interface Matchers<T> extends PortolanMatchers {}
}

expect.extend({ ...portolanMatchers })
