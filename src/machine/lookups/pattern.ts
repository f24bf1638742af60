/** Patterns of names. */

/** Whether names match the pattern, in which `*` stands for any text. */
export function matcher(pattern: string): (name: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (name) => name === pattern
  return (name) => {
    let end = first.length
    if (!name.startsWith(first)) return false
    for (const part of rest) {
      const place = name.indexOf(part, end)
      if (place < 0) return false
      end = place + part.length
    }
    return name.length - last.length >= end && name.endsWith(last)
  }
}
