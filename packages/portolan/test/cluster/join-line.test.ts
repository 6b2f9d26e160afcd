import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { defaultStateDirectory, writeMember } from '@portolan/host'
import { claimLine, claimLines, lineThere, writtenThere } from '../../src/cluster/join-line.ts'
import { forgottenText } from '../../src/cluster/known-member.ts'
import { thisMember } from '../../src/cluster/this-member.ts'
import { leavingText, yieldText } from '../../src/command/cluster/join-texts.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-line-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a host whose state directory was lost is told the command with its cluster and directory', () => {
  const was = { host: 'h1', incarnation: 'a1' }
  const cluster = 'etcd://192.0.2.1/prod'
  expect(forgottenText({ cluster, directory: '/srv/state' }, 'prod', was)).toContain(
    `\`portolan cluster join --takeover --member h1 --cluster ${cluster} --state /srv/state\``,
  )
  expect(forgottenText({ cluster: null, directory: defaultStateDirectory() }, 'prod', was)).toContain(
    '`portolan cluster join --takeover --member h1`',
  )
})

test('a host whose name another machine has gives it back by force where etcd has lost its data', () => {
  const place = { cluster: 'etcd://192.0.2.1/prod', directory: defaultStateDirectory() }
  const taken = { host: 'h1', others: [{ host: 'h1' }] }
  const end = '--cluster etcd://192.0.2.1/prod'
  const join = `portolan cluster join --member NAME ${end}`
  expect(claimLine(place, taken)).toBe(`portolan cluster release ${end} && ${join}`)
  expect(claimLine(place, taken, true)).toBe(`portolan cluster release --force ${end} && ${join}`)
  expect(claimLine(place, { host: 'h1', others: [] }, true)).toBe(`portolan cluster join ${end}`)
})

test('a host that may itself be the machine of its name is told to take its blocks over, beside what renames it', () => {
  const place = { cluster: null, directory: '/srv/state' }
  const disputed = ['10.64.1.0/24']
  const of = (host: string) => ({ host: 'h1', others: [{ block: '10.64.1.0/24', host }], disputed })
  expect(claimLines(place, of('h1'))).toEqual({
    join: 'portolan cluster release --force --state /srv/state && portolan cluster join --member NAME --state /srv/state',
    takeover: 'portolan cluster join --takeover --state /srv/state',
  })
  // Another host has a block of it, or all data is there: so that machine is another one.
  expect(claimLines(place, of('h2'))).toEqual({ join: 'portolan cluster join --state /srv/state' })
  const { disputed: _lost, ...whole } = of('h1')
  expect(claimLines(place, whole).takeover).toBeUndefined()
})

test('what is to be run on another host has the cluster, and not the directory of this one', () => {
  const place = { cluster: 'etcd://192.0.2.1/prod', directory: '/srv/state' }
  const line = 'portolan cluster join --cluster etcd://192.0.2.1/prod'
  expect(lineThere('join', place)).toBe(line)
  expect(writtenThere(place)('portolan cluster join')).toBe(line)
  expect(writtenThere({ cluster: null })('portolan cluster join')).toBe('portolan cluster join')
  const yielded = yieldText({ block: '10.64.1.0/24', takenBy: 'h2' }, place)
  expect(yielded).toContain(`Run \`${line}\` on h2`)
  const left = { place, cluster: 'prod', pools: ['10.72.0.0/16:24'] }
  expect(leavingText({ block: '10.64.1.0/24', networks: ['shop/web'] }, () => 'Move it.', left)).toContain(
    `Move it. The next \`${line} --state /srv/state\` gives the block back then.`,
  )
})

test('an empty name is refused as one, by a host that has joined too', async () => {
  const blocks = [{ block: '10.64.1.0/24', revision: 3 }]
  const member = { cluster: 'prod', host: 'h1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], blocks }
  await writeMember(folder, { ...member, leaving: [], lost: [] })
  await expect(thisMember(folder, 'prod', '')).rejects.toThrow(/"" cannot be the name of a host/)
})
