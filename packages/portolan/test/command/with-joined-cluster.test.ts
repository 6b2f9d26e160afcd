import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type RememberedMember, writeMember } from '@portolan/host'
import { portableUrl } from '../../src/cluster/portable-url.ts'
import { withJoinedCluster } from '../../src/command/with-joined-cluster.ts'
import { withOwnOptions } from '../../src/command/with-own-options.ts'

const url = 'etcd://192.0.2.1/prod'
const member: RememberedMember = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], url },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portolan-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a command is printed with the cluster that the host has joined', async () => {
  const state = folder
  expect(await withJoinedCluster({ state })).toEqual({ state })
  await writeMember(folder, member)
  const written = withOwnOptions(await withJoinedCluster({ state }))
  expect(written('portolan move web')).toBe(`portolan move --cluster ${url} --state ${state} web`)
  expect(written('portolan detach web')).toBe(`portolan detach --state ${state} web`)
})

test('another cluster that is named stands, and one that was left is not printed', async () => {
  await writeMember(folder, member)
  const named = { state: folder, cluster: 'etcd://192.0.2.9/test' }
  expect(await withJoinedCluster(named)).toBe(named)
  await writeMember(folder, { ...member, left: true })
  expect(await withJoinedCluster({ state: folder })).toEqual({ state: folder })
})

test('a URL that names a file from a folder means something else elsewhere', () => {
  expect(portableUrl('etcds://etcd.example/prod?ca=/etc/ca.pem')).toContain('ca=/etc/ca.pem')
  expect(portableUrl('etcds://etcd.example/prod?ca=ca.pem')).toBeNull()
})
