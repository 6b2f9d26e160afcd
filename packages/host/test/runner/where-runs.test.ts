import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { createRunner } from '../../src/runner/create-runner.ts'
import { whereRuns } from '../../src/runner/where-runs.ts'

const local = createRunner()
const wrapped: Runner = { run: (command, args, options) => local.run(command, args, options) }
const answering = (namespace: string, boot: string): Runner => ({
  run: async (command) => ({ exitCode: 0, stdout: command === 'cat' ? boot : namespace, stderr: '' }),
})

describe('whereRuns', () => {
  test('finds a runner of this process here, and one that wraps it', async () => {
    expect(await whereRuns(local)).toBe('here')
    expect(await whereRuns(wrapped)).toBe('here')
  })

  test('tells another network namespace, and another host with a namespace of the same number', async () => {
    const { stdout: namespace } = await local.run('readlink', ['/proc/self/ns/net'])
    const { stdout: boot } = await local.run('cat', ['/proc/sys/kernel/random/boot_id'])
    expect(await whereRuns(answering(namespace, boot))).toBe('here')
    expect(await whereRuns(answering('net:[1]\n', boot))).toBe('elsewhere')
    expect(await whereRuns(answering(namespace, 'another boot\n'))).toBe('elsewhere')
  })

  test('does not take a runner that only pretends for one that runs here', async () => {
    expect(await whereRuns(answering('', ''))).toBe('unknown')
    expect(await whereRuns({ run: async () => ({ exitCode: 1, stdout: '', stderr: '' }) })).toBe('unknown')
  })
})
