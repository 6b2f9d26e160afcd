import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { packedText } from '../../script/packed-readmes.js'
import { missingPlaces, packages, placesOf, workspace } from '../../script/workspace-packages.js'
import { fromJson } from '../from-json.ts'

const filled = {
  repository: 'git+https://forge.example/portolan.git',
  homepage: 'https://portolan.example',
  bugs: 'https://forge.example/portolan/issues',
}

test('all packages have the version of the workspace', () => {
  const others = packages.filter(({ manifest }) => manifest.version !== workspace.manifest.version)
  expect(others.map(({ folder, manifest }) => `${folder} ${manifest.version}`)).toEqual([])
})

test('packages say where they come from as the workspace says it, and nothing else', () => {
  for (const { folder, manifest } of packages) {
    const { repository, homepage, bugs } = manifest
    expect(fromJson(JSON.stringify({ repository, homepage, bugs }))).toEqual(placesOf(folder))
  }
})

test('what the owner fills in once reaches each package, with its folder', () => {
  expect(placesOf('core', filled)).toEqual({
    repository: { type: 'git', url: 'git+https://forge.example/portolan.git', directory: 'packages/core' },
    homepage: 'https://portolan.example',
    bugs: 'https://forge.example/portolan/issues',
  })
  expect(missingPlaces(filled)).toEqual([])
  expect(missingPlaces({ homepage: '' })).toEqual(['repository', 'homepage', 'bugs'])
})

test('the release publishes every package, each after those that it needs', () => {
  const script = readFileSync(new URL('../../script/release', import.meta.url), 'utf8')
  const [, list = ''] = /^ *for name in (.*); do$/m.exec(script) ?? []
  const order = list.split(' ').map((word) => (word === '""' ? 'portolan' : word.replace('-', '@portolan/')))
  expect(order.toSorted()).toEqual(packages.map(({ manifest }) => manifest.name).toSorted())
  const early = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.dependencies)
      .filter((needed) => order.indexOf(needed) > order.indexOf(manifest.name))
      .map((needed) => `${manifest.name} before ${needed}`),
  )
  expect(early).toEqual([])
})

describe('links of a README in a tarball', () => {
  const text =
    '[core](../core) [security](../../SECURITY.md) [guide](../../docs/a.md#b) ![picture](../../docs/a.svg) [web](https://a.example)'
  const core = '[core](https://www.npmjs.com/package/@portolan/core)'

  test('lead to the repository that the workspace names, at the tag of the release', () => {
    const at = 'https://forge.example/portolan'
    expect(packedText(text, 'packages/portolan', at, '0.1.0')).toBe(
      `${core} [security](${at}/blob/v0.1.0/SECURITY.md) [guide](${at}/blob/v0.1.0/docs/a.md#b) ![picture](${at}/raw/v0.1.0/docs/a.svg) [web](https://a.example)`,
    )
  })

  test('are text while it names none, but for what the tarball has', () => {
    expect(packedText(text, 'packages/portolan', null, '0.1.0')).toBe(
      `${core} [security](SECURITY.md) guide picture [web](https://a.example)`,
    )
  })
})
