import { expect, test } from '@jest/globals'
import { acquireSubnet, memoryLeaseStore, type Runner, readCompose } from '@portolan/core'
import { plan } from '../../src/plan/plan-intent.ts'

test('a subnet that another project takes while the rules are read is not picked', async () => {
  const leases = memoryLeaseStore()
  const runner: Runner = {
    async run(_, args) {
      await leases.transact((state) =>
        acquireSubnet(state, {
          ...{ kind: 'subnet', project: 'bakery', network: 'web', family: 'ip', movedFrom: null },
          ...{ subnet: '172.17.0.0/16', gateway: '172.17.42.1' },
        }),
      )
      return { exitCode: 0, stdout: args.includes('-j') ? '{"nftables": []}' : '', stderr: '' }
    },
  }
  const { subnets } = await plan(readCompose('services: {web: {}}', { source: 'compose.yaml' }), {
    ...{ facts: {}, backend: 'nftables', runner, leases },
  })
  expect(subnets.map(({ subnet }) => subnet)).not.toContain('172.17.0.0/16')
})
