// What suites import as 'fast-check' (jest.config.js). A relative path, or it would be this file again.
import fc from '../node_modules/fast-check/lib/fast-check.js'

fc.configureGlobal({ seed: Number(process.env.PORTOLAN_SEED) })

export * from '../node_modules/fast-check/lib/fast-check.js'
export default fc
