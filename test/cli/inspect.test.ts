import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { busyHost, oneService } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'compose.yaml': oneService,
  'busy.json': busyHost,
  'more.json': JSON.stringify({ nameservers: ['10.0.0.2'], somethingNew: { kept: true } }),
})

test('inspect prints the facts of this host as JSON, and they are valid for --host', async () => {
  const { code, stdout } = await portolan(['inspect'], { folder })
  expect(code).toBe(0)
  const facts = JSON.parse(stdout)
  expect(facts.interfaces).toContainEqual(
    expect.objectContaining({ name: 'lo', addresses: expect.arrayContaining(['127.0.0.1/8']) }),
  )
  expect(facts.routes).toEqual(expect.any(Array))
  expect(facts.rules).toEqual(expect.any(Array))
  expect(facts.sockets).toEqual(expect.any(Array))
  expect(facts.sysctls).toHaveProperty(['net.ipv4.ip_forward'])

  writeFileSync(join(folder, 'this.json'), stdout)
  expect((await portolan(['inspect', '--host', 'this.json'], { folder })).stdout).toBe(stdout)
  const planned = await portolan(['plan', '--host', 'this.json', '--json'], { folder })
  expect([0, 2, 3]).toContain(planned.code)
  expect(fromJson<{ readonly subnets: unknown }>(planned.stdout).subnets).toHaveLength(1)
})

test('what inspect prints of a file is that file, unknown keys and all', async () => {
  for (const [file, text] of [
    ['busy.json', busyHost],
    ['more.json', JSON.stringify({ nameservers: ['10.0.0.2'], somethingNew: { kept: true } })],
  ] as const) {
    const { code, stdout } = await portolan(['inspect', '--host', file], { folder })
    expect(code).toBe(0)
    expect(fromJson(stdout)).toEqual(JSON.parse(text))
  }
})

test('what an ordinary user cannot see is named in the JSON, and said on standard error', async () => {
  const ordinaryUser = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const under = process.geteuid?.() === 0 ? ordinaryUser : []
  const { code, stdout, stderr } = await portolan(['inspect'], { folder: '/', under })
  expect(code).toBe(0)
  const { interfaces, unread = [] } = JSON.parse(stdout)
  expect(interfaces).toEqual(expect.any(Array))
  expect(stderr).toBe(unread.map((sentence: string) => `portolan: ${sentence}\n`).join(''))
})
