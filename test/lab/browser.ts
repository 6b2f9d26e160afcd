import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fromJson } from '../from-json.ts'

/** Whether Chromium is installed here (`script/bootstrap --tests` brings it). */
export const hasBrowser = (): boolean => {
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** An event that the browser reports by itself. */
export interface BrowserEvent {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/** A page in a headless Chromium. */
export interface BrowserPage {
  /** Loads a page and waits until it is loaded. */
  readonly open: (url: string) => Promise<void>
  /** The value of a JavaScript expression in the page, carried as JSON. */
  readonly read: <Value>(expression: string) => Promise<Value>
  /** Presses and releases a key such as `Tab` or `Enter`, or types a character. */
  readonly press: (key: string) => Promise<void>
  readonly look: (scheme: 'light' | 'dark') => Promise<void>
  readonly resize: (width: number, height: number) => Promise<void>
  readonly screenshot: (file: string) => Promise<void>
  /** Any command of the Chrome DevTools Protocol. */
  readonly send: Send
  /** All events that the browser has reported since it started. */
  readonly events: readonly BrowserEvent[]
  readonly close: () => Promise<void>
}

type Send = (method: string, params?: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>

/** Keys that type no visible character: their key codes, and the text they produce. */
const keys: Readonly<Record<string, { readonly code: number; readonly text?: string }>> = {
  Tab: { code: 9 },
  Enter: { code: 13, text: '\r' },
  ArrowDown: { code: 40 },
  ArrowUp: { code: 38 },
  End: { code: 35 },
  Backspace: { code: 8 },
}

/**
 * Starts Debian's Chromium with one page. This process talks to it over a pipe, so no port is opened.
 * @see https://chromedevtools.github.io/devtools-protocol/
 */
export const openBrowser = async (): Promise<BrowserPage> => {
  const profile = mkdtempSync(join(tmpdir(), 'portolan-browser-'))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--disable-dev-shm-usage',
  ]
  const browser = spawn(
    'chromium',
    [
      ...flags,
      '--no-first-run',
      '--disable-background-networking',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const events: BrowserEvent[] = []
  const awaited: Awaited[] = []
  const call = speak(browser, (event) => {
    events.push(event)
    for (const one of awaited) if (one.method === event.method) one.resolve()
  })
  const until = (method: string): Promise<void> =>
    new Promise((resolve) => {
      awaited.push({ method, resolve })
    })
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
  const send: Send = (method, params = {}) => call(method, params, String(sessionId))
  for (const domain of ['Page', 'Runtime', 'Network', 'Log', 'Accessibility']) await send(`${domain}.enable`)
  return { ...pageOf(send, until), send, events, close: () => end(browser, call, profile) }
}

interface Awaited {
  readonly method: string
  readonly resolve: () => void
}

type Call = (
  method: string,
  params?: Readonly<Record<string, unknown>>,
  sessionId?: string,
) => Promise<Record<string, unknown>>

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

/** Messages are JSON, each ended by a NUL; answers carry the number of what they answer. */
const speak = (browser: ChildProcess, report: (event: BrowserEvent) => void): Call => {
  const [to, from] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable]
  const waiting = new Map<number, (message: Message) => void>()
  let [last, rest] = [0, '']
  from.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const message = fromJson<Message>(part)
      if (message.method !== undefined) report({ method: message.method, params: message.params ?? {} })
      if (message.id !== undefined) waiting.get(message.id)?.(message)
    }
  })
  const fail = (): void => {
    for (const answer of waiting.values()) answer({ error: { message: 'the browser has ended' } })
  }
  browser.on('exit', fail).on('error', fail)
  to.on('error', fail)
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, ({ result, error }) => {
        if (error === undefined) resolve(result ?? {})
        else reject(new Error(`${method}: ${error.message}`))
      })
      to.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`)
    })
}

const pageOf = (
  send: Send,
  until: (method: string) => Promise<void>,
): Omit<BrowserPage, 'send' | 'events' | 'close'> => {
  const read = async <Value>(expression: string): Promise<Value> => {
    const { result, exceptionDetails } = (await send('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true },
    })) as { result: { value: Value }; exceptionDetails?: unknown }
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }
  return {
    read,
    open: async (url) => {
      const loaded = until('Page.loadEventFired')
      await send('Page.navigate', { url })
      await loaded
    },
    press: async (key) => {
      const known = keys[key]
      const text = known === undefined ? key : known.text
      const event = { key, windowsVirtualKeyCode: known?.code ?? 0, ...(text === undefined ? {} : { text }) }
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    look: async (scheme) => {
      await send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      })
    },
    resize: async (width, height) => {
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
    },
    screenshot: async (file) => {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true })
      writeFileSync(file, Buffer.from(String(data), 'base64'))
    },
  }
}

const end = async (browser: ChildProcess, call: Call, profile: string): Promise<void> => {
  const ended = new Promise((resolve) => browser.once('exit', resolve))
  await call('Browser.close').catch(() => browser.kill('SIGKILL'))
  await ended
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
}
