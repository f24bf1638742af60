/** Module specifiers: `./x` and `../x` are relative to the importing module, any other is absolute. */
export function resolve(specifier: string, referrer: string): string {
  const parts = specifier.split('/')
  const isRelative = parts[0] === '.' || parts[0] === '..'
  if (specifier.startsWith('/'))
    throw new Error(`the module specifier ${JSON.stringify(specifier)} must not begin with a slash`)
  const path: string[] = []
  for (const part of isRelative ? [...referrer.split('/').slice(0, -1), ...parts] : parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') path.push(part)
    else if (path.pop() === undefined)
      throw new Error(
        `the module specifier ${JSON.stringify(specifier)} leads out of the package of ${JSON.stringify(referrer)}`,
      )
  }
  return (isRelative ? ['.', ...path] : path).join('/')
}
