import { expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { plan } from '../../src/index.ts'

const intent = readCompose(
  'services: {web: {networks: [n], ports: ["80:80"]}}\nnetworks: {n: {external: true, name: web}}',
  { source: 'compose.yaml', project: 'shop' },
)

test.each(['nftables', 'iptables-nft'] as const)(
  'with %s, facts that only define a network of another engine are enough to publish a port on it',
  async (backend) => {
    const networks = [{ engine: 'docker', name: 'web', subnets: ['10.77.0.0/24'], bridge: 'br-abc' }]
    const { conflicts } = await plan(intent, { facts: { networks }, rules: null, backend })
    expect(conflicts.map(({ kind }) => kind)).toEqual([])
  },
)
