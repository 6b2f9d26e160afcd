/**
 * Tests run the TypeScript sources directly (swc strips the types), so a test never sees a stale build.
 * The command itself is tested as it ships, from `dist`: `script/test` builds first.
 */
const sources = {
  '^@portolan/core/testing$': '<rootDir>/packages/core/src/testing/index.ts',
  '^@portolan/host/file$': '<rootDir>/packages/host/src/file/index.ts',
  '^@portolan/(core|host|iptables|nftables)$': '<rootDir>/packages/$1/src/index.ts',
  '^portolan$': '<rootDir>/packages/portolan/src/index.ts',
}

const project = (displayName, testMatch) => ({
  displayName,
  rootDir: import.meta.dirname,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: sources,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['/dist/'],
})

export default {
  projects: [
    project('unit', ['<rootDir>/packages/*/test/**/*.test.ts', '<rootDir>/test/architecture/**/*.test.ts']),
    project('property', ['<rootDir>/test/property/**/*.test.ts']),
    project('corpus', ['<rootDir>/test/corpus/**/*.test.ts']),
    project('compose', ['<rootDir>/test/compose/**/*.test.ts']),
    project('cli', ['<rootDir>/test/cli/**/*.test.ts']),
    project('bench', ['<rootDir>/test/bench/**/*.test.ts']),
    project('examples', ['<rootDir>/test/examples/**/*.test.ts']),
    project('kernel', ['<rootDir>/test/kernel/**/*.test.ts']),
  ],
  reporters: ['default', '<rootDir>/test/count-reporter.js'],
  testTimeout: 120_000,
  // jest leaves one processor free unless told; these suites often wait for packets that are not to come.
  maxWorkers: '100%',
}
