/// How the page looks, and what it does when a pointer or the keyboard moves.
enum Page {
  /// The page's own rules.
  static let style = """
    :root { color-scheme: light dark; --paper: #f6f7f9; --card: #ffffff; --ink: #1d2129; --soft: #5a6270;
      --rule: #dfe3e8; --link: #005a8f; --good: #00694d; --bad: #a34700;
      --b0: #0072b2; --b1: #d55e00; --b2: #009e73; --b3: #cc79a7; --b4: #e69f00; --b5: #56b4e9; }
    @media screen and (prefers-color-scheme: dark) { :root { --paper: #0f1115; --card: #171a20; --ink: #e8eaee;
      --soft: #a2abba; --rule: #2a2f38; --link: #7cc4f5; --good: #4fd1a5; --bad: #ffa46b; --b0: #4da6ff; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI",
      Roboto, "Liberation Sans", "DejaVu Sans", sans-serif; }
    header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
    header { padding-top: 2.2rem; } h1 { font-size: clamp(1.5rem, 4vw, 2.2rem); line-height: 1.2; margin: 0.1rem 0 0.3rem;
      letter-spacing: -0.015em; }
    h2 { font-size: 1.5rem; line-height: 1.25; margin: 3rem 0 0.2rem; padding-top: 1.2rem; border-top: 2px solid var(--rule); }
    h3 { font-size: 1.06rem; margin: 0; } a { color: var(--link); } code { font-size: 0.92em; }
    .brand { margin: 0; color: var(--link); font-weight: 700; letter-spacing: 0.04em; }
    .sub { color: var(--soft); margin: 0; font-size: 0.92rem; overflow-wrap: anywhere; }
    nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; margin-top: 1rem; }
    .verdict { font-size: clamp(1.08rem, 2.4vw, 1.3rem); line-height: 1.45; max-width: 60rem; margin: 1.1rem 0 1.4rem;
      white-space: pre-line; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0.9rem; }
    .tile, figure, aside { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
    .tile { padding: 0.8rem 1rem 0.9rem; } .tile h3 { font-size: 0.95rem; } small { font-weight: 400; color: var(--soft); }
    dl { margin: 0.4rem 0 0; } dt { color: var(--soft); font-size: 0.82rem; margin-top: 0.35rem; } dd { margin: 0; }
    dd b { font-size: 1.12rem; font-variant-numeric: tabular-nums; } .bar { display: block; height: 7px; min-width: 2px;
      border-radius: 3px; margin-top: 2px; }
    .better, .worse { font-size: 0.88rem; font-weight: 600; margin-left: 0.4rem; } .better { color: var(--good); }
    .worse { color: var(--bad); } .better small, .worse small { color: inherit; }
    figure { margin: 1.3rem 0 0; padding: 1rem 1.1rem 0.9rem; } figcaption { color: var(--soft); font-size: 0.92rem;
      max-width: 62rem; margin: 0.15rem 0 0.6rem; }
    .files { white-space: nowrap; } .files a { margin-left: 0.35rem; }
    .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0.6rem 1.4rem; }
    .panel { overflow-x: auto; max-width: 46rem; } .panel svg { display: block; width: 100%; min-width: 21rem; height: auto;
      font: 12px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif; color: var(--ink); }
    .point { stroke: var(--card); stroke-width: 0.6; } .point:focus, .faded.point:focus { outline: none; stroke: var(--ink); stroke-width: 2; }
    .reader { stroke: currentColor; stroke-opacity: 0.6; }
    .scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.9rem; margin-top: 0.5rem; min-width: 60%; }
    th, td { padding: 0.22rem 0.9rem 0.22rem 0; text-align: right; border-bottom: 1px solid var(--rule);
      font-variant-numeric: tabular-nums; white-space: nowrap; }
    th { font-weight: 500; } thead th { color: var(--soft); font-weight: 600; } th:first-child { text-align: left; }
    .group th { padding-top: 0.9rem; font-weight: 700; } .part th:first-child { padding-left: 1.2rem; color: var(--soft); }
    aside { margin: 1.3rem 0 0; padding: 0.8rem 1.1rem; color: var(--soft); font-size: 0.92rem; } aside ul { margin: 0.3rem 0 0;
      padding-left: 1.2rem; }
    footer { color: var(--soft); font-size: 0.88rem; margin: 2rem auto 3rem; }
    #tip { position: fixed; z-index: 2; pointer-events: none; background: var(--ink); color: var(--card); padding: 0.4rem 0.65rem;
      border-radius: 6px; font-size: 0.85rem; line-height: 1.4; white-space: pre-line; max-width: min(26rem, 90vw);
      font-variant-numeric: tabular-nums; box-shadow: 0 2px 10px #0005; } #tip[hidden] { display: none; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    @media (max-width: 40rem) { header, main, footer { padding-left: 0.8rem; padding-right: 0.8rem; }
      figure { padding: 0.8rem 0.7rem; } .panel svg { font-size: 15px; } }
    @page { margin: 14mm; }
    @media print { body { background: #ffffff; font-size: 10pt; } header, main, footer { max-width: none; padding: 0; }
      .panels { grid-template-columns: 1fr 1fr; } .tiles { grid-template-columns: repeat(3, 1fr); }
      .tile, .panel, tr, aside, figcaption { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; } figure { border: 0; padding: 0; }
      #tip, nav, .files { display: none; } table { font-size: 0.8rem; } .bar, .point { print-color-adjust: exact; } }
    \((0..<6).map { ".b\($0) { background: var(--b\($0)); }" }.joined(separator: " "))

    """

  /// Marks say what they are when a pointer rests on them or the keyboard reaches them (arrows go from one to the next);
  /// over curves an upright line reads all of them. Without it the marks keep their titles.
  static let script = """
    (() => {
      'use strict';
      const tip = document.getElementById('tip');
      const hide = () => { tip.hidden = true; };
      const show = (text, x, y) => {
        tip.textContent = text;
        tip.hidden = false;
        const box = tip.getBoundingClientRect();
        tip.style.left = Math.max(6, Math.min(x + 14, innerWidth - box.width - 6)) + 'px';
        tip.style.top = (y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18) + 'px';
      };
      const showBeside = mark => {
        const box = mark.getBoundingClientRect();
        show(mark.getAttribute('aria-label'), box.right, box.bottom - 10);
      };
      const number = value => Number(value.toPrecision(4)).toLocaleString('en');
      for (const svg of document.querySelectorAll('.panel svg')) {
        const marks = [...svg.querySelectorAll('title')].map(title => title.parentNode);
        marks.forEach((mark, index) => {
          const title = mark.querySelector('title');
          const note = title.textContent;
          title.remove();
          mark.setAttribute('aria-label', note);
          mark.setAttribute('role', 'img');
          mark.setAttribute('tabindex', index ? -1 : 0);
          mark.addEventListener('pointerenter', event => show(note, event.clientX, event.clientY));
          mark.addEventListener('pointerleave', hide);
          mark.addEventListener('blur', hide);
          mark.addEventListener('focus', () => showBeside(mark));
          mark.addEventListener('keydown', event => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (event.key === 'Escape') hide();
            if (!step) return;
            event.preventDefault();
            const next = marks[(index + step + marks.length) % marks.length];
            mark.setAttribute('tabindex', -1);
            next.setAttribute('tabindex', 0);
            next.focus();
          });
        });
        for (const area of svg.querySelectorAll('.area')) read(svg, area);
      }
      function read(svg, area) {
        const frame = ['x', 'y', 'width', 'height'].map(name => Number(area.getAttribute(name)));
        const axis = words => {
          const [low, high, kind] = words.split(' ');
          const [from, to] = [Number(low), Number(high)];
          return kind === 'log' ? share => from * Math.pow(to / from, share) : share => from + (to - from) * share;
        };
        const [across, up] = [axis(area.dataset.x), axis(area.dataset.y)];
        const curves = [...area.parentNode.querySelectorAll('.curve[data-name]')].map(curve => ({
          name: curve.dataset.name,
          points: curve.getAttribute('points').split(' ').map(pair => pair.split(',').map(Number)),
        }));
        if (!curves.length) return;
        const reader = document.createElementNS(svg.namespaceURI, 'line');
        reader.setAttribute('class', 'reader');
        reader.setAttribute('y1', frame[1]);
        reader.setAttribute('y2', frame[1] + frame[3]);
        reader.setAttribute('visibility', 'hidden');
        reader.setAttribute('pointer-events', 'none');
        area.after(reader);
        area.addEventListener('pointermove', event => {
          const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(area.getScreenCTM().inverse());
          const lines = curves.map(curve => {
            const after = curve.points.findIndex(point => point[0] >= place.x);
            if (after < 0 || (after === 0 && curve.points[0][0] > place.x)) return curve.name + ': –';
            const [a, b] = [curve.points[Math.max(after - 1, 0)], curve.points[after]];
            const y = b[0] === a[0] ? b[1] : a[1] + (b[1] - a[1]) * (place.x - a[0]) / (b[0] - a[0]);
            return curve.name + ': ' + number(up((frame[1] + frame[3] - y) / frame[3])) + ' ' + area.dataset.yTitle;
          });
          reader.setAttribute('x1', place.x);
          reader.setAttribute('x2', place.x);
          reader.setAttribute('visibility', 'visible');
          const x = number(across((place.x - frame[0]) / frame[2]));
          show([area.dataset.xTitle + ': ' + x, ...lines].join('\\n'), event.clientX, event.clientY);
        });
        area.addEventListener('pointerleave', () => { reader.setAttribute('visibility', 'hidden'); hide(); });
      }
      addEventListener('scroll', () => {
        const mark = document.activeElement;
        if (mark && mark.matches('[aria-label][role=img]')) showBeside(mark); else hide();
      }, { passive: true, capture: true });
    })();

    """
}
