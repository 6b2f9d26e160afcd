import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { type BrowserPage, hasBrowser, openBrowser } from '../lab/browser.ts'
import { dockerAndUfw, dockerHost } from './host-rules.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const evil = '<img src=x onerror=alert(1)></script><script>alert(2)</script>'
const facts = fromJson<{ readonly sockets: readonly object[] }>(dockerHost)
const files = {
  'compose.yaml': `name: shop
services:
  web: {networks: [front], ports: ["8080:80", "443:443"]}
networks: {front: {enable_ipv6: true}}
`,
  'host.json': JSON.stringify({
    ...facts,
    sockets: [...facts.sockets, { protocol: 'tcp', address: '192.0.2.2', port: 443, process: evil }],
  }),
  rules: dockerAndUfw.replace(
    '-A FORWARD -j DOCKER-USER',
    `-A FORWARD -p tcp -m comment --comment "${evil}" -j DOCKER-USER`,
  ),
}
const host = ['--host', 'host.json', '--iptables-save', 'rules', '-f', 'compose.yaml', '--state', 'state']

/** Without Chromium the suite prints so, and fails in continuous integration. */
const describeInBrowser = (title: string, body: () => void): void => {
  if (hasBrowser()) {
    describe(title, body)
    return
  }
  const text = `NOT RUN: ${title}. Chromium is not installed: sh script/bootstrap --tests brings it.`
  describe(title, () => {
    test('can be asked of a browser', () => {
      if (process.env.CI === 'true') throw new Error(text)
      process.stderr.write(`\n*** ${text}\n`)
    })
  })
}

describeInBrowser('the page of a report in a browser', () => {
  const folder = temporaryFolder(files)
  const url = pathToFileURL(join(folder, 'report.html')).href
  let page: BrowserPage

  beforeAll(async () => {
    expect((await portolan(['report', ...host, '-o', 'report.html'], { folder })).code).toBe(0)
    page = await openBrowser()
    await page.resize(1280, 900)
    await page.open(url)
  })
  afterAll(() => page.close())

  const focused = (): Promise<string> =>
    page.read('document.activeElement.id || document.activeElement.name || ""')
  const tabTo = async (id: string): Promise<void> => {
    for (let presses = 0; presses < 200; presses += 1) {
      if ((await focused()) === id) return
      await page.press('Tab')
    }
    throw new Error(`Tab does not reach ${id}`)
  }
  const write = async (id: string, text: string): Promise<void> => {
    await tabTo(id)
    await page.read('document.activeElement.select()')
    for (const character of text) await page.press(character)
  }
  const fromTheTop = (): Promise<void> => page.read('void document.activeElement.blur()')

  /** The answer on the page, in the form that `portolan explain` prints, without indentation. */
  const answer = (): Promise<readonly string[]> =>
    page.read(`(() => {
      const texts = (list) => [...list.children].flatMap((item) => {
        const [stage, sentence, place, text] = [...item.children].map((one) => one.textContent)
        return [stage + ' ' + sentence, ...(place === undefined ? [] : [place + ':', text])]
      })
      const root = document.querySelector('#answer > div')
      const ending = root.querySelector('.r-ending')
      const parts = [...root.children].filter((one) => one !== ending && !one.matches('h3, details, .r-quiet'))
      const back = [...root.querySelectorAll('h3')].find((one) => one.textContent === 'The answer, on its way back')
      const lines = parts.flatMap((one) => one.matches('ol')
        ? [...(one.previousElementSibling === back ? [back.textContent + ':'] : []), ...texts(one)]
        : [one.textContent])
      return [...lines, ending.textContent]
    })()`)
  const explained = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await portolan(['explain', ...host, ...words], { folder })
    return stdout
      .split('\n')
      .flatMap((line) => (line.trim() === '' ? [] : [line.trim().replace(/ {2,}/, ' ')]))
  }

  test('loads without an error, a request or a dialog, whatever others call themselves', async () => {
    const urls = page.events
      .filter(({ method }) => method === 'Network.requestWillBeSent')
      .map(({ params }) => (params.request as { readonly url: string }).url)
    expect(urls).toEqual([url])
    const bad = [
      'Runtime.exceptionThrown',
      'Runtime.consoleAPICalled',
      'Log.entryAdded',
      'Page.javascriptDialogOpening',
    ]
    expect(page.events.filter(({ method }) => bad.includes(method))).toEqual([])
    expect(await page.read('document.images.length')).toBe(0)
    expect(await page.read('document.scripts.length')).toBe(2)
    expect(await page.read('document.body.textContent')).toContain(evil)
  })

  test('tells the way of a packet, asked with the keyboard alone, as explain does', async () => {
    await fromTheTop()
    await write('source', '192.0.2.9')
    await write('destination', '192.0.2.2')
    await write('destination-port', '8081')
    await tabTo('situation')
    await page.press('ArrowDown')
    await write('destination-port', '8080')
    await page.press('Enter')
    expect(await page.read('document.querySelector("#mistake").textContent')).toBe('')
    const told = await answer()
    expect(told).toEqual(await explained('--from', '192.0.2.9', '--to', '192.0.2.2:8080/tcp', '--in', 'eth0'))
    expect(told).toContain('prerouting Docker sends it to 172.17.0.2:80 instead.')
  })

  test('says what is wrong in the form, and puts the cursor there', async () => {
    await fromTheTop()
    await write('destination', 'nonsense')
    await page.press('Enter')
    expect(await focused()).toBe('destination')
    expect(await page.read('document.querySelector("#mistake").textContent')).toContain(
      '"nonsense" is not an IP address',
    )
    expect(await page.read('document.activeElement.getAttribute("aria-invalid")')).toBe('true')
  })

  test('shows the way of the packet that a conflict names, on the host as the plan leaves it', async () => {
    await page.read(
      '[...document.querySelectorAll("article")].find((one) => /ForwardDropped/.test(one.textContent)).querySelector("button").focus()',
    )
    await page.press('Enter')
    const told = await answer()
    expect(told.at(-1)).toMatch(/^Dropped by /)
    expect(await focused()).toBe('answer')
    expect(await page.read('document.querySelector("#answer").textContent')).toContain(evil)
  })

  test('tells readers of the screen what each part and field is', async () => {
    const { nodes } = (await page.send('Accessibility.getFullAXTree')) as {
      readonly nodes: readonly {
        readonly role?: { readonly value: string }
        readonly name?: { readonly value: string }
      }[]
    }
    const named = (role: string): readonly string[] =>
      nodes.filter((node) => node.role?.value === role).map(({ name }) => name?.value ?? '')
    for (const role of ['textbox', 'combobox', 'radio', 'button', 'region', 'table', 'image'])
      expect({ role, without: named(role).filter((name) => name === '') }).toEqual({ role, without: [] })
    for (const role of ['main', 'navigation', 'banner', 'contentinfo']) expect(named(role)).toHaveLength(1)
    expect(named('group')).toEqual(expect.arrayContaining(['From', 'To', 'Rules of the host']))
    expect(named('textbox')).toEqual(['Address', 'Port', 'Address', 'Port'])
    expect(named('combobox')).toEqual(['Sender', 'Comes in by', 'Mapping', 'Protocol'])
    expect(await page.read('document.querySelector("#answer").getAttribute("aria-live")')).toBe('polite')
    expect(
      await page.read('[...document.querySelectorAll("th")].filter((one) => one.scope === "").length'),
    ).toBe(0)
    const levels = await page.read<readonly number[]>(
      '[...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]))',
    )
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([])
  })

  test('is light or dark as the system is, light on paper, and fits a narrow screen', async () => {
    const ground = (): Promise<string> => page.read('getComputedStyle(document.body).backgroundColor')
    const shots: Buffer[] = []
    for (const scheme of ['light', 'dark'] as const) {
      await page.look(scheme)
      await page.screenshot(join(folder, `${scheme}.png`))
      shots.push(readFileSync(join(folder, `${scheme}.png`)))
      expect(await ground()).toBe(scheme === 'light' ? 'rgb(245, 247, 250)' : 'rgb(15, 20, 27)')
    }
    expect(shots.map((shot) => shot.subarray(1, 4).toString())).toEqual(['PNG', 'PNG'])
    expect(shots[0]?.equals(shots[1] ?? Buffer.alloc(0))).toBe(false)
    const features = [{ name: 'prefers-color-scheme', value: 'dark' }]
    await page.send('Emulation.setEmulatedMedia', { media: 'print', features })
    expect(await ground()).toBe('rgb(255, 255, 255)')
    expect(await page.read('getComputedStyle(document.querySelector("svg .page")).fill')).toBe(
      'rgb(255, 255, 255)',
    )
    await page.send('Emulation.setEmulatedMedia', { media: '', features: [] })
    await page.resize(320, 900)
    expect(await page.read('document.documentElement.scrollWidth')).toBe(320)
    await page.resize(1280, 900)
  })

  test('has on paper what is folded on the screen, and the way of a packet only if it was asked for', async () => {
    const seen = (selector: string): Promise<boolean> =>
      page.read(`document.querySelector('${selector}').checkVisibility()`)
    const folded = '#networks details li'
    await page.open(url)
    expect([await seen(folded), await seen('#way h2')]).toEqual([false, true])
    await page.send('Emulation.setEmulatedMedia', { media: 'print', features: [] })
    expect([await seen(folded), await seen('#way h2')]).toEqual([true, false])
    await page.read('document.querySelector("[data-witness]").click()')
    expect([
      await seen('#way h2'),
      await seen('#answer .r-ending'),
      await seen('#answer details td'),
    ]).toEqual([true, true, true])
    await page.send('Emulation.setEmulatedMedia', { media: '', features: [] })
  })

  test('keeps the rows of its tables short on a narrow screen, where tables scroll', async () => {
    await page.resize(360, 900)
    const lines = await page.read<readonly number[]>(
      '[...document.querySelectorAll("#mappings td > span")].map((state) => state.getClientRects().length)',
    )
    expect(lines.length).toBeGreaterThan(0)
    expect(Math.max(...lines)).toBeLessThanOrEqual(2)
    await page.resize(1280, 900)
  })

  test('has all but the form where scripts do not run', async () => {
    await page.send('Emulation.setScriptExecutionDisabled', { value: true })
    await page.open(url)
    expect(await page.read('getComputedStyle(document.querySelector("#ask")).display')).toBe('none')
    const text = await page.read<string>('document.body.innerText')
    for (const part of ['portolan explain', 'ForwardDropped', 'What to do', '443/tcp', 'Subnet'])
      expect(text).toContain(part)
    await page.send('Emulation.setScriptExecutionDisabled', { value: false })
  })
})
