import { expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { settleBackend } from '../../src/plan/settle-backend.ts'

test('the program of the backend that was in force last is asked once which one it is', async () => {
  const calls: string[] = []
  const runner: Runner = {
    async run(program, args) {
      calls.push([program, ...args].join(' '))
      const stdout = args.includes('--version')
        ? 'iptables v1.8.11 (nf_tables)\n'
        : args.includes('-j')
          ? '{"nftables": []}'
          : ''
      return { exitCode: 0, stdout, stderr: '' }
    },
  }
  const settled = await settleBackend('shop', { lastBackend: 'iptables-nft' }, runner)
  expect(settled.backend).toBe('iptables-nft')
  expect(calls.filter((call) => call.endsWith('--version'))).toHaveLength(1)
})
