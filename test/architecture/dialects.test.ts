import { relative } from 'node:path'
import { expect, test } from '@jest/globals'
import { importsOf, sourcesOf } from './import-graph.ts'

const source = `${import.meta.dirname}/../../packages/portolan/src`

/** The one file of the facade that names the dialects. Every other one asks the `Dialect` that this file has. */
const registry = 'backend/dialects.ts'

test('one file of the facade imports the dialects', () => {
  const importing = sourcesOf('portolan').filter((file) =>
    importsOf(file).some((specifier) => /^@portolan\/(iptables|nftables)(\/|$)/.test(specifier)),
  )
  expect(importing.map((file) => relative(source, file))).toEqual([registry])
})
