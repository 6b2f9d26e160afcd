import { expect, test } from '@jest/globals'
import { portableUrl } from '../../src/cluster/portable-url.ts'
import { withJoinedCluster } from '../../src/command/cluster/with-joined-cluster.ts'
import { withOwnOptions } from '../../src/command/options/with-own-options.ts'
import { joinedBy, stateFolder } from '../joined-host.ts'

const folder = stateFolder()

test('a command is printed with the cluster that the host has joined', async () => {
  const state = folder.path
  expect(await withJoinedCluster({ state })).toEqual({ state })
  await folder.join()
  const written = withOwnOptions(await withJoinedCluster({ state }))
  expect(written('portolan move web')).toBe(`portolan move --cluster ${joinedBy} --state ${state} web`)
  expect(written('portolan detach web')).toBe(`portolan detach --state ${state} web`)
})

test('another cluster that is named stands, and one that was left is not printed', async () => {
  await folder.join()
  const named = { state: folder.path, cluster: 'etcd://192.0.2.9/test' }
  expect(await withJoinedCluster(named)).toBe(named)
  await folder.join({ left: true })
  expect(await withJoinedCluster({ state: folder.path })).toEqual({ state: folder.path })
})

test('a URL that names a file from a folder means something else elsewhere', () => {
  expect(portableUrl('etcds://etcd.example/prod?ca=/etc/ca.pem')).toContain('ca=/etc/ca.pem')
  expect(portableUrl('etcds://etcd.example/prod?ca=ca.pem')).toBeNull()
})
