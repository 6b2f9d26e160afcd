/**
 * The picture of the README, as SVG: the output of `portolan plan` on a terminal for the host in docs/example.
 *
 * Started by hand, after a build, this writes docs/plan.svg. A test compares the file with a new run.
 */
import { execFileSync } from 'node:child_process'
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const columns = 100

const words = ['plan', '--host', 'host.json', '--iptables-save', 'iptables.rules']
const others = ['--ip6tables-save', 'ip6tables.rules', '--nft-json', 'nft.json']

/**
 * The output on a terminal of 100 columns, which script(1) of util-linux provides. A conflict blocks there: exit code
 * 3.
 */
const printedOnTerminal = () => {
  const command = [
    process.execPath,
    '--',
    join(root, 'packages/portolan/bin/portolan.js'),
    ...words,
    ...others,
  ]
  const line = `stty cols ${columns} rows 60; ${command.map((word) => `'${word}'`).join(' ')}; [ $? = 3 ]`
  return execFileSync('script', ['-qec', line, '/dev/null'], {
    cwd: join(root, 'docs/example'),
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', HOME: '/nonexistent', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const classes = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
}

/** A line cut into parts, each with the CSS classes of its SGR sequences (ECMA-48, 8.3.117). */
const partsOf = (line) => {
  const parts = []
  let style = []
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these sequences begin with ESC.
  for (const piece of line.split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these sequences begin with ESC.
    const [, codes] = /^\x1b\[([0-9;]*)m$/.exec(piece) ?? []
    if (codes === undefined) {
      if (piece !== '') parts.push({ text: piece, style })
      continue
    }
    for (const code of codes.split(';')) {
      if (code === '' || code === '0') style = []
      else if (classes[code] !== undefined) style = [...style, classes[code]]
      else if (code === '22') style = style.filter((name) => name !== 'bold' && name !== 'dim')
      else if (code === '39') style = style.filter((name) => name === 'bold' || name === 'dim')
      else throw new Error(`SGR ${code} has no class in script/readme-picture.js.`)
    }
  }
  return parts
}

const styles = `
    text { white-space: pre; fill: #1f2328; }
    .page { fill: #f6f8fa; stroke: #d1d9e0; }
    .prompt { fill: #59636e; }
    .bold { font-weight: bold; }
    .dim { fill: #59636e; }
    .red { fill: #c21c2b; }
    .green { fill: #17702f; }
    .yellow { fill: #8a5a00; }
    .blue { fill: #0a5ec2; }
    .magenta { fill: #7a3fc0; }
    .cyan { fill: #0b6a78; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .page { fill: #0d1117; stroke: #3d444d; }
      .prompt, .dim { fill: #9198a1; }
      .red { fill: #ff7b72; }
      .green { fill: #56d364; }
      .yellow { fill: #e3b341; }
      .blue { fill: #79c0ff; }
      .magenta { fill: #d2a8ff; }
      .cyan { fill: #76e3ea; }
    }
  `

const lineHeight = 18
const charWidth = 7.8
const margin = 16

/** One SVG text for each part, with its place and its width: fonts differ, and columns must stay aligned. */
const lineOf = (parts, at) => {
  const y = margin + lineHeight * (at + 1) - 5
  let column = 0
  let line = ''
  for (const { text, style } of parts) {
    const shown = text.trim()
    const x = margin + (column + text.indexOf(shown)) * charWidth
    column += [...text].length
    if (shown === '') continue
    const named = style.length === 0 ? '' : ` class="${style.join(' ')}"`
    const width = [...shown].length * charWidth
    line += `    <text${named} x="${x.toFixed(1)}" y="${y}" textLength="${width.toFixed(1)}" xml:space="preserve">${escaped(shown)}</text>\n`
  }
  return line
}

/** The whole picture, as text. */
export const planPicture = () => {
  const printed = printedOnTerminal().replaceAll('\r', '').trimEnd().split('\n').map(partsOf)
  const prompt = [{ text: `$ portolan ${words.join(' ')} …`, style: ['prompt'] }]
  const lines = [prompt, ...printed]
  const width = Math.ceil(columns * charWidth + 2 * margin)
  const height = lines.length * lineHeight + 2 * margin
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What portolan plan prints for a host with Docker">
  <style>${styles}</style>
  <rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">
${lines.map(lineOf).join('')}  </g>
</svg>
`
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename)
  writeFileSync(join(root, 'docs/plan.svg'), planPicture())
