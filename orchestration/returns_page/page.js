// Dropping a file is a second way to choose it; without a script the form works as it is.
const form = document.getElementById("drop");
if (form) {
  const input = document.getElementById("workbook");
  const over = (event, is) => { event.preventDefault(); form.classList.toggle("over", is); };
  form.addEventListener("dragover", (event) => over(event, true));
  form.addEventListener("dragleave", (event) => over(event, false));
  form.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; form.requestSubmit(); }
  });
  form.addEventListener("submit", () => {
    document.getElementById("busy").textContent = "Checking…";
    form.querySelector("button").disabled = true;
  });
  window.addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
}
