import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { packages } from '../../script/workspace-packages.js'
import { sourcesOf } from './import-graph.ts'

const guide = readFileSync(new URL('../../docs/embed-in-an-orchestrator.md', import.meta.url), 'utf8')

test('the guide names only error codes that the packages have', () => {
  const [, section = ''] = guide.split('\n## Error codes\n')
  const [table = ''] = section.split('\n## ')
  const named = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(.+?)`/g)].map(([, code = '']) => code))
    .filter((code) => code !== 'code')
  expect(named).toContain('HOST_PORT_TAKEN')
  const code = packages
    .flatMap(({ folder }) => sourcesOf(folder))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  expect(named.filter((one) => !code.includes(`'${one}'`))).toEqual([])
})
