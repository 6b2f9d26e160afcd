import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, test } from '@jest/globals'
import { dockerHost } from './host-rules.ts'
import { commandLine } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'host.json': dockerHost })

const packet = JSON.stringify({
  ...{ family: 'ip', in: 'eth0', source: '198.51.100.7', sourcePort: 40000 },
  ...{ destination: '192.0.2.2', destinationPort: 8080, protocol: 'tcp', state: 'new' },
})

test('SIGUSR1 opens no debugger: a command goes on with what it does', async () => {
  const [program = '', ...words] = [...commandLine, 'evaluate', '--host', 'host.json']
  const running = spawn(program, words, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => running.on('close', resolve))
  let said = ''
  running.stderr.on('data', (text) => {
    said += text
  })
  const answers = createInterface({ input: running.stdout })[Symbol.asyncIterator]()
  for (let at = 0; at < 5; at += 1) {
    running.stdin.write(`${packet}\n`)
    expect((await answers.next()).value).toContain('outcome')
    running.kill('SIGUSR1')
  }
  running.stdin.end()
  expect(await ended).toBe(0)
  expect(said).toBe('')
})
