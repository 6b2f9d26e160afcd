import { mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import {
  appliedProjects,
  forgetAppliedTexts,
  hasAppliedText,
  readAppliedText,
  readAppliedTextOf,
  writeAppliedText,
} from '@portolan/host'

const folder = mkdtempSync(join(tmpdir(), 'portolan-applied-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = '# project of ours\nservices: {}\n'

test('a text is forgotten with its project, wherever it came from, and can be remembered again', async () => {
  writeFileSync(join(folder, 'applied-notes.yaml'), '# project shop\n')
  const sources = { 'etcd:///a': 'news', 'etcd:///b': 'shop', 'etcd:///c': 'blog' }
  for (const [source, project] of Object.entries(sources))
    await writeAppliedText(folder, source, { project, text })
  const kept = () =>
    Promise.all(
      Object.keys(sources)
        .map((source) => readAppliedText(folder, source))
        .map(async (one) => (await one)?.text ?? null),
    )
  expect(await kept()).toEqual([text, text, text])
  expect(await appliedProjects(folder)).toEqual(['blog', 'news', 'shop'])

  const again = await forgetAppliedTexts(folder, 'shop')
  expect(await kept()).toEqual([text, null, text])
  await forgetAppliedTexts(folder, 'shop')
  await again()
  expect(await kept()).toEqual([text, text, text])

  const of = { project: 'blog', profiles: ['backend=x', 'a b'], backend: 'iptables-nft' }
  await writeAppliedText(folder, 'etcd:///c', { ...of, text })
  expect(await readAppliedTextOf(folder, 'blog')).toEqual({ ...of, text })
  for (const revisions of [
    { put: 120, seen: 130 },
    { put: 120, seen: 130, older: 100 },
  ]) {
    const placed = { ...of, profiles: [], url: 'etcd:///c', revisions, text }
    await writeAppliedText(folder, 'etcd:///c', placed)
    expect(await readAppliedText(folder, 'etcd:///c')).toEqual(placed)
  }
  await writeAppliedText(folder, 'etcd:///c', { project: 'blog', text })
  expect(await readAppliedTextOf(folder, 'blog')).toEqual({ project: 'blog', profiles: [], text })

  await forgetAppliedTexts(folder, null)
  expect(await appliedProjects(folder)).toEqual([])
  expect(await kept()).toEqual([null, null, null])
})

test('of the sources of a project the one that was written down last is in force, and the others are forgotten', async () => {
  const names = () => readdirSync(folder).filter((name) => /^applied-[0-9a-f]{32}/.test(name))
  await writeAppliedText(folder, 'etcd:///a', { project: 'shop', text: 'services: {a: {}}\n' })
  const [former = ''] = names()
  renameSync(join(folder, former), join(folder, 'aside'))
  await writeAppliedText(folder, 'etcd:///b', { project: 'shop', text })
  // As after a process was killed in between.
  renameSync(join(folder, 'aside'), join(folder, former))
  utimesSync(join(folder, former), 1, 1)
  expect(await readAppliedTextOf(folder, 'shop')).toMatchObject({ text })
  await writeAppliedText(folder, 'etcd:///b', { project: 'shop', text })
  expect([names().length, hasAppliedText(folder, 'etcd:///a'), hasAppliedText(folder, 'etcd:///b')]).toEqual([
    ...[1, false, true],
  ])
  await forgetAppliedTexts(folder, null)
})
