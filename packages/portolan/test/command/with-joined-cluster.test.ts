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

test('what moves a network out of a cluster that is named and was left has pools outside it', async () => {
  const named = { state: folder.path, cluster: joinedBy }
  await folder.join({ blocks: [], left: true, pools: ['10.64.0.0/12:24', 'fd00:64::/48:64'] })
  const written = withOwnOptions({ ...(await withJoinedCluster(named)), file: ['a.yaml'] })
  const outside = / --cluster \S+ --state \S+ --pool classic --pool docker --pool fd\S+::\/48:64 /
  expect(written('portolan move web')).toMatch(outside)
  // One of another project too, and what proposes a subnet, which takes pools of one family.
  expect(written('portolan move -p blog web')).toMatch(outside)
  expect(written('portolan subnet')).toMatch(/--pool docker$/)
  expect(written('portolan apply')).not.toContain('--pool')
  // The pool that is named stands.
  expect(
    withOwnOptions(await withJoinedCluster({ ...named, pool: ['10.9.0.0/16:24'] }))('portolan move web'),
  ).toBe(`portolan move --pool 10.9.0.0/16:24 --cluster ${joinedBy} --state ${folder.path} web`)
  await folder.join({ blocks: [], left: true })
  expect(withOwnOptions(await withJoinedCluster(named))('portolan move web')).not.toContain('fd')
})

test('a URL that names a file from a folder means something else elsewhere', () => {
  expect(portableUrl('etcds://etcd.example/prod?ca=/etc/ca.pem')).toContain('ca=/etc/ca.pem')
  expect(portableUrl('etcds://etcd.example/prod?ca=ca.pem')).toBeNull()
})
