import { describe, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { onTerminal } from './terminal.ts'

const blog = 'name: blog\nservices: {web: {ports: ["9090:80"]}}\n'
const folder = temporaryFolder({
  'compose.yaml': oneService,
  'blog.yaml': blog,
  'broken.yaml': 'services: [',
})
const empty = temporaryFolder({ 'blog.yaml': blog })
const apart = ['unshare', '--net']
const state = ['--state', 'state']

describe('destroy of what it cannot tell', () => {
  test.each([
    [
      'a file that is not there',
      ['-f', 'nowhere.yaml'],
      /nowhere\.yaml could not be read: there is no such file/,
    ],
    [
      'a file that is not there, for a project',
      ['-f', 'nowhere.yaml', '-p', 'shop'],
      /nowhere\.yaml could not be/,
    ],
    ['a file that is none', ['-f', 'broken.yaml'], /broken\.yaml/],
    [
      'a backend, which it does not take',
      ['--backend', 'nonsense'],
      /`portolan destroy` has no option --backend/,
    ],
    ['all and a project', ['--all', '-p', 'shop'], /--all removes every project, and -p names one/],
    [
      'all and variables',
      ['--all', '--env-file', 'x.env'],
      /--env-file is for reading a Compose file, and with --all none/,
    ],
    [
      'a project and a folder',
      ['-p', 'shop', '--project-directory', '.'],
      /--project-directory is for .* with -p none/,
    ],
    ['all and a file', ['--all', '-f', 'blog.yaml'], /--all removes every project, and -f names one/],
  ])('%s is an error, and nothing was removed', async (_, words, message) => {
    const { code, stdout, stderr } = await portolan(['destroy', '--yes', ...state, ...words], {
      folder,
      under: apart,
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    const json = await portolan(['destroy', '--yes', '--json', ...state, ...words], { folder, under: apart })
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: '' })
    expect(JSON.parse(json.stdout).error.message).toMatch(message)
  })

  test('a folder without a Compose file says how to name one, or all', async () => {
    const { code, stdout, stderr } = await portolan(['destroy', '--yes', ...state], {
      folder: empty,
      under: apart,
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^portolan: nothing says which project to remove: .* Name the file with -f or the project with -p; --all removes every project\. Nothing was changed\.\n$/,
    )
  })
})

/** Applies shop and blog in a new namespace, runs the line, and tells which of them still exist. */
const after = async (line: string, where = folder) => {
  const command = commandLine.join(' ')
  const script = `for file in ${folder}/compose.yaml ${folder}/blog.yaml; do ${command} apply --yes ${state.join(' ')} -f $file >/dev/null || exit 99; done
    ${command} ${line} ${state.join(' ')} >out 2>err; echo $? >code
    ${command} destroy -p nosuch --yes ${state.join(' ')} 2>&1 >/dev/null; cat code; cat out err`
  const { stdout } = await run([...apart, 'sh', '-c', script], { folder: where })
  const [there = '', code = '', ...said] = stdout.split('\n')
  return {
    left: ['blog', 'shop'].filter((project) => there.includes(` ${project}`)),
    code,
    said: said.join('\n'),
  }
}

describeOnKernel('destroy of one project among two', 'nftables', () => {
  test.each([
    ['destroy --yes', ['blog'], 'in a folder with a Compose file is that of the file'],
    ['destroy --yes -f blog.yaml', ['shop'], 'of a file that is named is that of the file'],
    ['destroy --yes -p blog', ['shop'], 'that is named is that one, whatever file is here'],
    ['destroy --yes --all', [], 'with --all is every one'],
  ])('%s leaves %j: %s', async (line, left) => {
    expect(await after(line)).toMatchObject({ left, code: '0' })
  })

  test('with no file here and none named leaves both', async () => {
    const { left, code, said } = await after('destroy --yes', empty)
    expect({ left, code }).toEqual({ left: ['blog', 'shop'], code: '1' })
    expect(said).toContain('nothing says which project to remove')
  })

  test('of a Compose file whose project is not here is no error, and names those that are', async () => {
    const command = commandLine.join(' ')
    const words = `${command} apply --yes ${state.join(' ')} -f blog.yaml >/dev/null && ${command} destroy --yes ${state.join(' ')}`
    const { code, stdout, stderr } = await run([...apart, 'sh', '-c', words], { folder })
    expect(code).toBe(0)
    expect(stdout).toContain('nothing to do')
    expect(stderr).toContain('project shop has nothing on this host; only blog has. Nothing was changed.')
  })

  test('asks with the name of what goes', async () => {
    const asked = async (...words: readonly string[]) => {
      const command = commandLine.join(' ')
      const line = `${command} apply --yes ${state.join(' ')} -f blog.yaml >/dev/null && exec "$@"`
      const { stdout } = await onTerminal(['destroy', ...state, ...words], {
        folder,
        input: 'n\n',
        under: [...apart, 'sh', '-c', line, 'sh'],
      })
      return stdout
    }
    expect(await asked('-f', 'blog.yaml')).toMatch(/Remove project blog: \d+ changes, \d+ leases\? \[y\/N\]/)
    expect(await asked('--all')).toMatch(
      /Remove all of Portolan on this host \(blog\): \d+ changes, .*Nothing was changed/s,
    )
  })
})
