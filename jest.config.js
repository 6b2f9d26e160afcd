import { availableParallelism } from 'node:os'
import { settleCertificates } from './test/certificates.js'
import { settleSeed } from './test/seed.js'
import { bundleSuites } from './test/suites/bundle-suites.js'

// The workers have the environment of this process.
settleCertificates(process.env)
settleSeed(process.env, (line) => process.stderr.write(line))

await bundleSuites()

/**
 * Tests run the sources as they are when jest starts, put together without their types by esbuild.
 * The command itself is tested as it ships, as one bundle: it is made anew before the suites that start it.
 */
const project = (displayName, testMatch) => ({
  displayName,
  rootDir: import.meta.dirname,
  testMatch,
  testEnvironment: '<rootDir>/test/suites/worker-realm.js',
  testRunner: '<rootDir>/test/suites/run-suite.js',
  transform: {},
  modulePathIgnorePatterns: ['/dist/'],
})

const projectWithCommand = (displayName, testMatch) => ({
  ...project(displayName, testMatch),
  globalSetup: '<rootDir>/test/lab/library/bundle-library.js',
})

export default {
  projects: [
    project('unit', [
      '<rootDir>/packages/*/test/**/*.test.ts',
      '<rootDir>/test/architecture/**/*.test.ts',
      '<rootDir>/test/growth/**/*.test.ts',
    ]),
    project('property', ['<rootDir>/test/property/**/*.test.ts']),
    project('corpus', ['<rootDir>/test/corpus/**/*.test.ts']),
    project('compose', ['<rootDir>/test/compose/**/*.test.ts']),
    projectWithCommand('cli', ['<rootDir>/test/cli/**/*.test.ts']),
    project('packages', ['<rootDir>/test/packages/**/*.test.ts']),
    projectWithCommand('bench', ['<rootDir>/test/bench/**/*.test.ts']),
    projectWithCommand('examples', ['<rootDir>/test/examples/**/*.test.ts']),
    projectWithCommand('kernel', ['<rootDir>/test/kernel/**/*.test.ts']),
  ],
  reporters: ['default', '<rootDir>/test/count-reporter.js'],
  testSequencer: '<rootDir>/test/longest-first.js',
  // Much longer than tests take, because a starved machine should not fail them.
  testTimeout: 300_000,
  // One more than processors: these suites often wait, for packets that are not to come and for programs of others. With
  // more of them each program waits longer for a processor, and what the kernel or another program does with limits of
  // its own fails sooner.
  maxWorkers: availableParallelism() + 1,
}
