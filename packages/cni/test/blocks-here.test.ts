import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type RememberedMember, writeMember, writeNeighbours } from '@portolan/host'
import { blocksHere } from '../src/attachment/blocks-here.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-blocks-'))
const url = 'etcd://192.0.2.1/prod'
const block = '10.64.1.0/24'
const member: RememberedMember = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], url },
  ...{ blocks: [{ block, revision: 3 }], leaving: [], lost: [] },
}
beforeAll(() => writeMember(folder, member))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what claims a block has the cluster that the host joined, and its state directory', async () => {
  expect(await blocksHere({}, folder)).toMatchObject({
    join: `portolan cluster join --cluster ${url} --state ${folder}`,
  })
  expect(await blocksHere({ cluster: url }, folder)).toMatchObject({
    join: `portolan cluster join --state ${folder}`,
  })
})

test('a host that may itself be the machine which has its name is told to take its blocks over', async () => {
  const others = [{ block, host: 'web-1', via: null }]
  const seen = { cluster: 'prod', host: 'web-1', revision: 7, blocks: [], others, disputed: [block] }
  await writeNeighbours(folder, seen)
  for (const config of [{}, { cluster: url }])
    expect(await blocksHere(config, folder)).toMatchObject({
      join: expect.stringMatching(
        /^portolan cluster release --force .*&& portolan cluster join --member NAME /,
      ),
      takeover: expect.stringMatching(/^portolan cluster join --takeover /),
    })
})

test('a host that is in another cluster than the one that is named is told both', async () => {
  expect((await blocksHere({ cluster: 'etcd://192.0.2.1/test' }, folder))?.elsewhere).toMatch(
    /this host is web-1 in cluster prod .*cluster test is named/,
  )
})
