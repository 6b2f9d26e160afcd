import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { until } from '../../../../test/lab/until.ts'
import { named } from '../../../../test/lab/waiting.ts'
import { createRunner, runsHere } from '../../src/runner/create-runner.ts'

const runner = createRunner()

describe('createRunner', () => {
  test('output, error output and exit code come back as they are', async () => {
    expect(await runner.run('sh', ['-c', 'printf "a\\n\\n"; echo b >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'a\n\n',
      stderr: 'b\n',
    })
  })

  test('only a runner made here is known to run beside this process', () => {
    expect([runsHere(runner), runsHere({ run: runner.run })]).toEqual([true, false])
  })

  test('arguments pass through no shell', async () => {
    expect((await runner.run('printf', ['%s', '$HOME; "*"'])).stdout).toBe('$HOME; "*"')
  })

  test('input reaches the program, and without it there is nothing to read', async () => {
    expect((await runner.run('cat', [], { input: 'table ip t { }\n' })).stdout).toBe('table ip t { }\n')
    expect((await runner.run('cat', [])).stdout).toBe('')
  })

  test('megabytes go in and come out whole', async () => {
    const input = 'add rule ip t c\n'.repeat(500_000)
    expect((await runner.run('cat', [], { input })).stdout).toHaveLength(input.length)
  })

  test('where the kernel starts no program, the error says why, and what to do', async () => {
    await expect(runner.run('true', ['x'.repeat(200_000)])).rejects.toMatchObject({
      code: 'INSPECT',
      message: 'true could not be run: E2BIG. Check that it can be run here, and run this again.',
    })
    const full = `
      import { openSync } from 'node:fs'
      import { createRunner } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
      try { for (;;) openSync('/dev/null') } catch {}
      await createRunner().run('true', []).catch(({ message }) => console.log(message))`
    const limited = 'ulimit -n 64; exec "$@"'
    const node = [process.execPath, '--input-type=module', '-e', full]
    expect(await runner.run('sh', ['-c', limited, 'sh', ...node])).toMatchObject({
      stdout:
        'true could not be run: no more open files are allowed here (EMFILE). Close files, or raise the limit of open files (ulimit -n), and run this again.\n',
    })
  })

  test('input is whole before the program starts, so that a killed parent leaves no part of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-runner-'))
    const seen = join(folder, 'seen')
    // The program waits for its parent's end before it reads.
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { existsSync } from 'node:fs'
         import { createRunner } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
         createRunner().run('sh', ['-c', 'parent=$PPID; : > ${seen}.begun; while kill -0 $parent 2>/dev/null; do sleep 0.01; done; wc -c > ${seen}.part; mv ${seen}.part ${seen}'],
           { input: 'x'.repeat(4_000_000) })
         setInterval(() => existsSync('${seen}.begun') && process.kill(process.pid, 'SIGKILL'), 5)`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let said = ''
    parent.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    await named('the end of the parent', once(parent, 'exit'), () => said)
    await until('what the program counted', () => existsSync(seen), {
      shows: () => `${readdirSync(folder)} ${said}`,
    })
    expect(readFileSync(seen, 'utf8').trim()).toBe('4000000')
    rmSync(folder, { recursive: true })
  })

  test('input has no name, and only this user may read it', async () => {
    const { stdout } = await runner.run(
      'sh',
      ['-c', 'readlink /proc/self/fd/0; stat -Lc "%a %h" /proc/self/fd/0'],
      { input: 'x' },
    )
    expect(stdout).toMatch(/^\/.* \(deleted\)\n600 0\n$/)
  })

  test('a program that does not read its input is not an error', async () => {
    expect((await runner.run('true', [], { input: 'x'.repeat(1 << 20) })).exitCode).toBe(0)
  })

  test.each([
    ['nft-nowhere/nft', 'nftables'],
    ['nft-nowhere/ip6tables-legacy-save', 'iptables'],
    ['nft-nowhere/iptables-nft-restore', 'iptables'],
    ['nft-nowhere/conntrack', 'conntrack'],
    ['nft-nowhere/ip', 'iproute2'],
  ])('%s that is missing is named with the package %s that brings it', async (command, packageName) => {
    await expect(runner.run(command, [])).rejects.toMatchObject({
      code: 'MISSING_TOOL',
      tool: command,
      package: packageName,
    })
  })

  test('a file that may not be executed is a permission error', async () => {
    await expect(runner.run('/etc/passwd', [])).rejects.toMatchObject({ code: 'PERMISSION' })
  })

  test('a process that a signal ended has the exit code sh would show', async () => {
    const result = await runner.run('sh', ['-c', 'kill -9 $$'])
    expect(result).toMatchObject({ exitCode: 137, stderr: expect.stringContaining('SIGKILL') })
  })

  test('messages are in English whatever the language of the user', async () => {
    expect((await runner.run('sh', ['-c', 'echo "$LC_ALL"'])).stdout).toBe('C\n')
  })
})
