import { expect, test } from '@jest/globals'
import { partOf } from '../../../../test/part-of.ts'
import type { DockerParts } from '../../src/docker/docker-parts.ts'
import { refuseConflicts } from '../../src/docker/network/refuse-conflicts.ts'

const conflict = (more: object): object => ({
  severity: 'error',
  project: 'docker',
  mapping: null,
  network: null,
  message: 'Forwarding is off.',
  remedy: { text: 'Switch it on.', commands: ['sysctl -w net.ipv4.ip_forward=1'] },
  ...more,
})
const ofPort = (service: string): object =>
  conflict({
    mapping: '0.0.0.0:80/tcp -> a:80',
    message: `The port of ${service} is dead.`,
    published: { targets: [{ service, network: 'web' }] },
  })
const parts = (conflicts: readonly object[], force = false, told: string[] = []): DockerParts =>
  partOf<DockerParts>({
    force,
    report: (text: string) => void told.push(text),
    host: { status: async () => ({ conflicts }) },
  })

test('a container does not start with a conflict of its ports, its network or the host, in its words', async () => {
  await expect(refuseConflicts(parts([conflict({})]), 'web', null)).rejects.toThrow(
    'Forwarding is off. Switch it on.\nsysctl -w net.ipv4.ip_forward=1',
  )
  await expect(refuseConflicts(parts([conflict({ network: 'web' })]), 'web', 'a')).rejects.toThrow(
    'Forwarding',
  )
  await expect(refuseConflicts(parts([ofPort('a')]), 'web', 'a')).rejects.toThrow('The port of a is dead.')
})

test.each([
  ['of another container', ofPort('b')],
  ['of another network', conflict({ network: 'back' })],
  ['of another project', conflict({ project: 'shop' })],
  ['that is a warning', conflict({ severity: 'warning' })],
])('it starts with one %s', async (_what, other) => {
  await refuseConflicts(parts([other]), 'web', 'a')
})

test('with --force the conflict is told alone', async () => {
  const told: string[] = []
  await refuseConflicts(parts([conflict({})], true, told), 'web', 'a')
  expect(told).toEqual([expect.stringContaining('network web: Forwarding is off.')])
})
