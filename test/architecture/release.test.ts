import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { missingPlaces, packages, placesOf, workspace } from '../../script/workspace-packages.js'

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
    expect(JSON.parse(JSON.stringify({ repository, homepage, bugs }))).toEqual(placesOf(folder))
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
