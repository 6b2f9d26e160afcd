import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

describeLive('holdMember', () => {
  let host: Namespace
  const directory = mkdtempSync(join(tmpdir(), 'portolan-member-lock-'))
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => {
    host.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  test('holds a host in its cluster though its state directory is lost, until it ends', async () => {
    const outcome = await host.node(`
      import { rmSync } from 'node:fs'
      import { holdMember } from '@portolan/host'
      const directory = '${directory}'
      const first = await holdMember(directory)
      const beside = await holdMember(directory)
      rmSync(directory, { recursive: true })
      const behind = await holdMember(directory)
      first.end()
      const last = await holdMember(directory)
      report([[first, beside, behind, last].map(({ kind }) => kind), behind.by?.pid === process.pid])`)
    expect(outcome).toEqual([['held', 'busy', 'busy', 'held'], true])
  })
})
