import { describe, expect, test } from '@jest/globals'
import { publicExportsOf } from './public-exports.ts'
import { runMarked } from './run-marked.ts'
import { checked, exampleIn } from './surface-examples.ts'

const examples = publicExportsOf('testing').flatMap(({ name, comment }) => {
  const code = exampleIn(comment)
  return code === null ? [] : [[name, code] as const]
})

/** The surroundings that these examples assume: a host with a project, a flow, and the tools of a test. */
const around = (code: string): string => `import { deepStrictEqual as check } from 'node:assert'
import { expect } from '@jest/globals'
import { readCompose } from '@portolan/core'
import * as testing from '@portolan/testing'
import '@portolan/testing/jest'
import fc from 'fast-check'

const before = fc.readConfigureGlobal()
fc.configureGlobal({ ...before, numRuns: 5 })
const { ${Object.keys(values).join(', ')} } = testing
const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
const host = fakeHost()
await host.apply(await host.plan(intent))
const flow = { family: 'ip', protocol: 'tcp', from: { kind: 'machine', address: '198.51.100.7', interface: 'eth0' }, to: { address: '192.0.2.2', port: 8080 } }
try {
${checked(code)}
} finally {
  fc.configureGlobal(before)
}
`

const values = await import('@portolan/testing')

describe('the examples of @portolan/testing', () => {
  test('are there', () => expect(examples.length).toBeGreaterThan(10))

  test.each(examples)('%s gives what it says', async (_name, code) => {
    expect(await runMarked(around(code))).toEqual([])
  })
})
